"""Benchmarks: ``make bench``. Each states what it measured."""
