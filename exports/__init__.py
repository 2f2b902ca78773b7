"""The writers: what leaves the platform as a file for people (product 000 §3.5).

A pure library: tables come in, files go out. It opens no database, starts no Dagster and reads no clock.
"""
