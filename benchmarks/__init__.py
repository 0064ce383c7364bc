"""What a request costs: requests per second and CPU, beside floors.

Run it with ``python -m benchmarks``; benchmarks/README.md says how to read it.
"""
