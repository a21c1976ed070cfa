"""The server of published functions: HTTP in one process, the functions in others."""
