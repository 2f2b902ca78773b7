"""Composition: settings, definitions, jobs, the command line and the sample generator. No business logic."""
