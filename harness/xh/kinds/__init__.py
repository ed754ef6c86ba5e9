"""The code that tasks of one kind share; :class:`xh.kinds.base.Kind` lists a kind's duties."""
