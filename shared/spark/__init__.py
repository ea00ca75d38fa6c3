"""The SparkContext, the Java process behind it and the Python workers."""
