"""The code that tasks of one kind share; :class:`xh.kinds.kind.Kind` lists a kind's duties."""
