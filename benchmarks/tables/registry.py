"""The tables, a line each, and which are to develop on and which to judge by.

All were picked by their kind before any fit: by width, rows, categories, missing values, classes,
and a quarter of them regressions. None is one of `benchmarks.r_tables` or of OpenML's suites, and
none is a series in time. They come from R packages, from scikit-learn, or are generated.

They are dealt by a rule: sorted by width, kind, source and name, every third is for judging. The
defaults may be chosen on the others; those for judging are run once, at the end.
"""

from __future__ import annotations

from benchmarks.r_tables.tables import Table

# The sources other than R packages, which stand before a table's name.
GENERATED, SCIKIT_LEARN = "generated", "scikit-learn"
REGRESSION = "regression"

# Up to 10 columns.
NARROW = {
    "carData/Arrests": Table("released"),
    "carData/BEPS": Table("vote"),
    "carData/CES11": Table("importance", dropped=("id", "weight")),
    "carData/Salaries": Table("salary", REGRESSION),
    "carData/TitanicSurvival": Table("survived"),
    "dslabs/olive": Table("area", dropped=("region",)),
    "Ecdat/Mathlevel": Table("mathlevel"),
    "generated/parity": Table("target"),
    "heplots/NeuroCog": Table("Dx"),
    "ISLR/Carseats": Table("Sales", REGRESSION),
    "MASS/cpus": Table("perf", REGRESSION, ("name", "estperf")),
    "MASS/fgl": Table("type"),
    "mi/nlsyV": Table("ppvtr.36", REGRESSION),
    "mlmRev/Contraception": Table("use", dropped=("woman",)),
    "modeldata/hpc_data": Table("class"),
    "openintro/smoking": Table("smoke", dropped=("amt_*", "type")),
    "pscl/vote92": Table("vote"),
    "rpart/stagec": Table("pgstat", dropped=("pgtime",)),
    "scikit-learn/diabetes": Table("target", REGRESSION),
    "scikit-learn/iris": Table("target"),
    "survival/nwtco": Table("rel", dropped=("seqno", "edrel", "in.subcohort")),
}

# 11 to 35 columns.
MIDDLE = {
    "AER/HMDA": Table("deny"),
    "AER/NMES1988": Table("health"),
    "carData/UN98": Table("region"),
    "DAAG/ais": Table("sport"),
    "generated/categories": Table("target"),
    "ISLR/Hitters": Table("Salary", REGRESSION),
    "ISLR/OJ": Table("Purchase"),
    "medicaldata/indo_rct": Table("outcome", dropped=("id", "bleed")),
    "mlmRev/guPrenat": Table("prenat", dropped=("kid", "mom")),
    "modeldata/attrition": Table("Attrition"),
    "modeldata/hotel_rates": Table("avg_price_per_room", REGRESSION, ("arrival_date",)),
    "modeldata/scat": Table("Species"),
    "mosaicData/SaratogaHouses": Table("price", REGRESSION),
    "openintro/fastfood": Table("restaurant", dropped=("item", "salad")),
    "openintro/mlb_players_18": Table("position", dropped=("name",)),
    "openintro/ncbirths": Table("lowbirthweight", dropped=("weight",)),
    "psych/bfi": Table("gender"),
    "scikit-learn/wine": Table("target"),
    "survival/pbc": Table("status", dropped=("id", "time")),
    "wooldridge/bwght2": Table("bwght", REGRESSION, ("lbwght", "lbw", "vlbw")),
    "wooldridge/econmath": Table("score", REGRESSION),
}

# 36 to 200 columns.
WIDE = {
    "AER/STAR": Table("math3", REGRESSION, ("read3",)),
    "asaur/hepatoCellular": Table("Death", dropped=("Number", "OS", "RFS", "Recurrence")),
    "causaldata/nhefs_complete": Table(
        "death", dropped=("seqn", "id", "yrdth", "modth", "dadth", "censored")
    ),
    "Ecdat/Car": Table("choice"),
    "generated/clusters": Table("target"),
    "generated/few_of_many": Table("target"),
    "generated/friedman": Table("target", REGRESSION),
    "generated/missing": Table("target"),
    "generated/redundant": Table("target"),
    "generated/twenty_classes": Table("target"),
    "ISLR/Caravan": Table("Purchase"),
    "modeldata/chem_proc_yield": Table("yield", REGRESSION),
    "modeldata/hepatic_injury_qsar": Table("class", dropped=("chem_fp_*",)),
    # What botanists say of a leaf tells its species, and that its shape.
    "modeldata/leaf_id_flavia": Table(
        "shape", dropped=("species", "apex", "base", "*_edge", "outlying_contour")
    ),
    "modeldata/meats": Table("protein", REGRESSION, ("water", "fat")),
    "modeldata/pd_speech": Table("class", dropped=("tqwt_*", "det_*", "app_*")),
    "openintro/labor_market_discrimination": Table("call", dropped=("ad_id",)),
    # Installment, term and amount give the rate.
    "openintro/loans_full_schema": Table(
        "interest_rate",
        REGRESSION,
        (
            "emp_title",
            "*grade",
            "installment",
            "balance",
            "paid_*",
            "loan_status",
            "*120d_past_due",
        ),
    ),
    "openintro/reddit_finance": Table("rel_status"),
    "wooldridge/loanapp": Table("approve", dropped=("action", "reject", "msa")),
    "wooldridge/mlb1": Table("lsalary", REGRESSION, ("salary",)),
}

WIDTHS = {"narrow": NARROW, "middle": MIDDLE, "wide": WIDE}
TABLES = {name: table for tables in WIDTHS.values() for name, table in tables.items()}

DEVELOPMENT, JUDGING = "development", "judging"


def width_of(name: str) -> str:
    """Which of `WIDTHS` a table is of."""
    return next(width for width, tables in WIDTHS.items() if name in tables)


def source_of(name: str) -> str:
    """Where a table comes from: an R package, scikit-learn, or it is generated."""
    source = name.partition("/")[0]
    return source if source in (GENERATED, SCIKIT_LEARN) else "R"


def deal() -> dict[str, list[str]]:
    """Deal the tables to the parts: every third is for judging, see above."""
    widths = list(WIDTHS)

    def place(name: str) -> tuple[int, str, str, str]:
        width = widths.index(width_of(name))
        return width, TABLES[name].kind, source_of(name), name.lower()

    names = sorted(TABLES, key=place)
    judging = names[2::3]
    return {DEVELOPMENT: [name for name in names if name not in judging], JUDGING: judging}
