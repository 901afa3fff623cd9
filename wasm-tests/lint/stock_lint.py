"""REDbot, which lints HTTP (with httplint) and asks again for ranges, encodings and
validations, run over requests from standard input; its notes go to standard output.

Both are JSON: a list of {"url", "method", "headers"} in, a list of {"status", "notes"} out.
"""

import json
import sys
from configparser import ConfigParser

import thor
from redbot.resource import HttpResource


def config():
    parser = ConfigParser()
    parser.read_dict({"redbot": {"enable_local_access": "True"}})
    return parser["redbot"]


def flat(notes):
    for note in notes:
        yield note
        yield from flat(note.subnotes)


def told(check, notes):
    return [
        {
            "check": check,
            "note": type(note).__name__,
            "level": note.level.value,
            "subject": note.subject,
            "summary": str(note),
        }
        for note in flat(notes)
    ]


def report(resource):
    """What was found about the answer and about those to the questions that followed."""
    notes = told("answer", resource.response.notes)
    for name, asked in resource.subreqs.items():
        if asked.fetch_started:
            notes += told(name, asked.response.notes)
    if resource.fetch_error:
        error = {"check": "answer", "note": type(resource.fetch_error).__name__, "level": "bad"}
        notes.append({**error, "subject": "", "summary": str(resource.fetch_error.desc)})
    return {"status": resource.response.status_code, "notes": notes}


def main():
    waiting = json.load(sys.stdin)
    reports = []

    def following():
        if not waiting:
            thor.stop()
            return
        asked = waiting.pop(0)
        resource = HttpResource(config())
        resource.set_request(asked["url"], asked["method"], list(asked["headers"].items()))

        @thor.events.on(resource)
        def check_done():
            reports.append(report(resource))
            thor.schedule(0, following)

        resource.check()

    thor.schedule(0, following)
    thor.run()
    json.dump(reports, sys.stdout)


main()
