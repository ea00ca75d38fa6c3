"""The commands of the stage beside its build: query, inbox, batch and evaluate."""
