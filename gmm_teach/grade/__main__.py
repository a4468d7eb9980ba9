"""The command line: grade, and write the table and the page."""

import argparse
import sys

from . import process
from .marking import grade
from .report import VERDICTS, write_csv, write_page


def main(arguments=None):
    """Read the command line, grade, and write the table and the page."""
    parser = argparse.ArgumentParser(
        prog="python -m gmm_teach.grade", description="Grade a folder of submitted notebooks."
    )
    parser.add_argument("folder", help="with STUDENT.ipynb, or a folder for each student")
    parser.add_argument("--notebook", help="the one that was asked for, such as 07; otherwise each is recognised")
    parser.add_argument("--notebooks", help="where set-up and checks come from, instead of the package")
    parser.add_argument("--seconds", type=float, default=30, help="for one exercise (%(default)g)")
    parser.add_argument("--megabytes", type=float, default=4000, help="for one exercise (%(default)g)")
    parser.add_argument("--out", default="grades", help="writes OUT.csv and OUT.html (%(default)s)")
    given = parser.parse_args(arguments)
    if not process.resource:
        print("This system limits the time of an exercise, but not its memory.")
    try:
        rows = grade(given.folder, given.notebook, given.notebooks, given.seconds, given.megabytes)
    except ValueError as error:
        sys.exit(str(error))
    write_csv(rows, f"{given.out}.csv")
    write_page(rows, f"{given.out}.html")
    counts = [f"{sum(row.verdict == verdict for row in rows)} {verdict}" for verdict in VERDICTS]
    print(f"{', '.join(counts)}: {given.out}.csv and {given.out}.html")


if __name__ == "__main__":
    main()
