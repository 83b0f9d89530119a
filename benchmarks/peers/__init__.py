"""Who copies orders into history: bygones, and what people use today.

Each runs alone, as `python -m benchmarks.peers.NAME --url … --source … --history …`,
and prints how long it took as one line of JSON.
"""
