"""The sub-commands of ``cdp``, one module per subject. Each imports what it runs only when it runs."""
