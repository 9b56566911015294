"""Is the layout that ``tomobench plan`` names the best? Thirty questions, each raced on ten layouts.

    python -m studies.search coding      race codecs on voxels of each type: results/coding.csv
    python -m studies.search race        race the questions that have no answer yet: results/search.csv
    python -m studies.search show        how often the layout named is within 15 % of the best

The questions are drawn by a seed that was fixed before the model was fitted to anything but the grids'
float32: shapes, types and uses that are in no grid.
"""
