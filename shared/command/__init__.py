"""The command `imagerec`: its table of commands, flags, log lines, exit codes and `status`."""
