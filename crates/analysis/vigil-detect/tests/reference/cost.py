"""One vector in scikit-learn's IsolationForest and in ONNX Runtime: p50 and p99, one core.

    pip install scikit-learn skl2onnx onnxruntime
    cost.py OUT.jsonl        what `vigil replay --features --json OUT.jsonl` wrote
"""

import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy
import onnxruntime
import skl2onnx
import sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import IsolationForest

FEATURES = 25  # vigil_detect::CALLS

rows = []
for line in open(sys.argv[1]):
    features = json.loads(line).get("features")
    if features:
        rows.append(features[:FEATURES])
    if len(rows) == 20_000:
        break
rows = numpy.array(rows, dtype=numpy.float32)
start = time.perf_counter()
forest = IsolationForest(n_estimators=150, max_samples=256, random_state=1, n_jobs=1).fit(rows)
print(f"scikit-learn {sklearn.__version__}, ONNX Runtime {onnxruntime.__version__}; fit {time.perf_counter() - start:.1f} s")


def tell(name, run, count):
    for at in range(20):
        run(at)
    found = []
    for at in range(count):
        start = time.perf_counter()
        run(at)
        found.append((time.perf_counter() - start) * 1e6)
    found.sort()
    print(f"{name:<25} p50 {found[count // 2]:>10.1f} µs  p99 {found[count * 99 // 100]:>10.1f} µs")


tell("scikit-learn, one vector", lambda at: forest.score_samples(rows[at % len(rows)][None]), 1000)
model = skl2onnx.to_onnx(forest, initial_types=[("x", FloatTensorType([None, FEATURES]))], target_opset={"": 17, "ai.onnx.ml": 3})
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
start = time.perf_counter()
session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
print(f"ONNX model {len(model.SerializeToString()) / 1e6:.2f} MB, session {1e3 * (time.perf_counter() - start):.0f} ms")
tell("ONNX Runtime, one vector", lambda at: session.run(None, {"x": rows[at % len(rows)][None]}), 5000)
