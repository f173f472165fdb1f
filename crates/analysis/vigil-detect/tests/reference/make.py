#!/usr/bin/env python3
"""Makes forest.json: data with known outliers, and the AUROC that scikit-learn's IsolationForest reaches on it.

    python3 -m venv venv && venv/bin/pip install scikit-learn && venv/bin/python make.py > forest.json

Two sets, made from a seed: `blobs`, two clusters and scattered outliers; `tilted`, correlated features and outliers that are
ordinary in each feature alone. Values are multiples of 0.001. The AUROC is the mean over 10 seeds, 150 trees of 256 rows each.
"""
import json
import sys

import numpy as np
import sklearn
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

SEEDS = range(10)


def blobs(random):
    usual = np.vstack([random.normal(0, 1, (150, 5)), random.normal(4, 0.6, (150, 5))])
    return usual, random.uniform(-4, 8, (30, 5))


def tilted(random):
    base = random.normal(0, 1, (300, 1))
    usual = np.hstack([base + random.normal(0, 0.4, (300, 1)) for _ in range(4)])
    return usual, random.normal(0, 1.3, (30, 4))


def main():
    sets = []
    for name, make in (("blobs", blobs), ("tilted", tilted)):
        usual, odd = make(np.random.default_rng(7))
        rows = np.round(np.vstack([usual, odd]), 3)
        label = [0] * len(usual) + [1] * len(odd)
        reached = []
        for seed in SEEDS:
            forest = IsolationForest(n_estimators=150, max_samples=256, random_state=seed).fit(rows)
            reached.append(roc_auc_score(label, -forest.score_samples(rows)))
        sets.append({
            "name": name,
            "auroc": round(float(np.mean(reached)), 4),
            "spread": round(float(np.std(reached)), 4),
            "odd": len(odd),
            "rows": [[int(round(value * 1000)) for value in row] for row in rows],
        })
    json.dump({"scikit_learn": sklearn.__version__, "sets": sets}, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
