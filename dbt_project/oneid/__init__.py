"""OneID: which identities are one customer, under which id, and what changed since yesterday.

A pure library on numpy, scipy, polars and pyarrow: tables in, tables out, nothing else read or written; what would be
too much to hand over it says in SQL, for its caller to ask. The dbt Python models in models/intermediate/identity are
its only callers; what SQL can say alone (collecting, normalising, blocking and quarantining keys, masking) is in the
SQL models around them. Normative: spec oneid.md.

One night, in order:
    merges.survivors        merged patient files → the file that is left
    intervals.side_by_side  tonight's rows and the open ones of a history → one table
    linking.inherit         what merged files held → as if held by the files that are left
    linking.lay_edges       identities and keys → which links hold, which are refused and why
    unsettled.UNSETTLED     what changed since the map's last night → whom the next step has to look at
    ids.assign_ids          links and yesterday's ids → tonight's map
    intervals.roll          what differs from yesterday → rows to write
    events.detect           both maps, and what opened or closed tonight → the change log
    aliases.resolve         the change log → where every retired id has gone

Everything is a function of yesterday's state and tonight's input; the order of rows never matters.
"""
