"""The conformance test suite for the Device Registration Service protocol (MS-DRS), and its map.

The way of the data, one way only; imports follow it and `tests/test_imports.py` enforces the table:

    document -> spec (catalogue, schemas) -> generate (requests) -> client -> target -> checks -> results -> report

    room                       may import
    errors, exchange, paths    nothing
    spec                       errors paths
    codec                      errors
    generate                   errors paths spec codec
    client                     errors exchange
    checks                     errors exchange spec codec
    results                    errors exchange spec
    kit                        errors exchange spec generate client checks results
    suites                     exchange kit generate checks
    report                     errors exchange paths spec results codec
    plugin                     all above but suites checks
    load                       all but suites server cli __main__
    server                     errors codec
    cli, __main__              all but suites

The reference server stands outside: it shares the codecs and nothing else with the suite, so that it can contradict it.
Where this departs from the first design: `kit` may import `checks`, because the verdict of an answer is a word of a
test case (a twin is accepted or it is not), and `results`, because what a case finds is a record of the stream and of
nothing else; `results` and `suites` may import `exchange`, since whoever carries or judges evidence has to name its
record; `report` may import `codec`, to show bytes as the dissection does, and stands before `plugin`, which writes
the reports of plain pytest too.
"""
