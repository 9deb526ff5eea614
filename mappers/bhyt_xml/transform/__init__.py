"""Source records -> R4 resources: pure functions, one module for each family, each named for what it returns."""
