"""MultiCheckList of XTREME-R's authors: what a model that answers questions can't do, in 50 languages."""
