"""Why does this task not run? Evidence first (:mod:`gather`), then one judge for each reason."""
