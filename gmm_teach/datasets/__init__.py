"""The points that the lessons use, the cases in which EM struggles, and a reader's own points from a CSV."""

from .csv_reader import read_csv
from .sets import (
    NAMED_SETS,
    Dataset,
    Post,
    PrintedTable,
    cluster_and_one_outlier,
    load_iris,
    load_mclust_figures,
    load_old_faithful,
    load_post,
    one_point_repeated,
    point_40_deviations_away,
    points_on_one_line,
    three_distinct_points,
    two_clusters_in_wild_units,
)

__all__ = [
    "NAMED_SETS",
    "Dataset",
    "Post",
    "PrintedTable",
    "cluster_and_one_outlier",
    "load_iris",
    "load_mclust_figures",
    "load_old_faithful",
    "load_post",
    "one_point_repeated",
    "point_40_deviations_away",
    "points_on_one_line",
    "read_csv",
    "three_distinct_points",
    "two_clusters_in_wild_units",
]
