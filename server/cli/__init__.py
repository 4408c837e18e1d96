"""The operator's commands, one module each; they call the rooms and print."""
