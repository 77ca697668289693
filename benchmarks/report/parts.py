"""What the page of results tells of: data, how it was split, and the command of its records."""

from __future__ import annotations

from dataclasses import dataclass

SPLITS = "half of each table to train on, at most 1,000 rows, defaults on all sides"


@dataclass(frozen=True)
class Part:
    """A heading of the page and the records under it.

    Attributes
    ----------
    title : str
        The heading.
    told : str
        What the data are, how they were split, and what was chosen on them.
    command : str
        What made the records, after ``python -m benchmarks.``.
    files : tuple of str
        Of the folder of records, without their ending.
    is_pictured : bool
        Whether scores over seconds, and ranks, are drawn.
    """

    title: str
    told: str
    command: str
    files: tuple[str, ...]
    is_pictured: bool = False


PARTS = (
    Part(
        "Tables to judge by",
        f"21 tables picked by their kind before any fit, seven of each class of width; {SPLITS}. "
        "Defaults are chosen on 42 others. Four earlier defaults were run on these, and one gap "
        "that was first seen here, an exclusive-or of three columns, was then mended on other "
        "draws of it.",
        "tables --wheel FILE --part judging --seeds 1 --models pare,catboost,lightgbm",
        ("tables",),
    ),
    Part(
        "Tables of R packages",
        f"22 tables picked by size and kind before any fit; {SPLITS}. How much the linear models "
        "beside the nets see of a table was chosen on these tables among others.",
        "r_tables --wheel FILE --models pare,catboost,lightgbm",
        ("r_tables",),
    ),
    Part(
        "Twelve tasks of OpenML",
        "Half of each table to train on. Defaults were developed on these tasks, so that they "
        "judge nothing but what was lost or won by a change.",
        "openml_cc18 --tasks 11,15,31,37,49,53,3022,9946,146822,167141,360001,360102 "
        "--protocol half --cache DIR",
        ("embedded_default", "openml_cc18"),
        is_pictured=True,
    ),
    Part(
        "Few rows",
        "The 42 tables for development, 40 or 100 rows of each to train on, as many of each class "
        "as there are.",
        "tables --wheel FILE --part development --rows 40,100 "
        "--seeds 1 --models pare,catboost,random-forest,logreg,ridge",
        ("few_rows",),
    ),
    Part(
        "Time series",
        "The seven sets of the UCR archive that aeon ships, their own splits. They were looked at "
        "while the defaults for sequences were chosen.",
        "timeseries --models pare,minirocket,dtw",
        ("timeseries",),
    ),
    Part(
        "Images",
        "scikit-learn's digits, 1,797 images of 8 by 8 pixels, two of five folds: as images, and "
        "the same pixels as a table.",
        "sklearn_data --tasks digits --seeds 2",
        ("digits",),
    ),
)

CLAIMS = Part(
    "The paper's claims, with controls",
    "Few labels, one net alone, to its last epoch; minus log loss, so that an effect above 0 is a "
    "gain. A claim is tested only where its positive control, fine-tuning over training from "
    "scratch, holds. It is shown only where PaRe also beats both controls: PaRe with the labels of "
    "its source permuted, and fine-tuning that leaves out half of the patches.",
    "claims",
    ("claims",),
)
