"""Where the time of a command goes: in this process, and in Spark's Python workers."""
