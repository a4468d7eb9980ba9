"""Grade a folder of submitted notebooks: ``python -m gmm_teach.grade FOLDER``.

Only the cells with answers come from a submission. Set-up and checks come from the package (in a checkout, from
``notebooks/``). Each exercise runs in a process of its own, with limits of time and memory, in an empty folder. There
the answer may read files, but not change any outside, start programs or use the network; nor may it change the checks.

This stops accidents and simple tricks. Answer and check share a process, though, so a student who attacks the grader
itself can win: grade strangers' work in a container or on a machine that holds nothing else.

``course`` reads the notebooks, ``marking`` finds the answers in a submission, ``process`` tries one of them, and
``report`` is what a lecturer reads.
"""

from .course import notebooks_folder
from .marking import Row, grade
from .process import started
from .report import write_csv, write_page

__all__ = ["Row", "grade", "notebooks_folder", "started", "write_csv", "write_page"]
