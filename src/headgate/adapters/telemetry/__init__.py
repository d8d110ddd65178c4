"""Measurements: numbers that the road adds to, shown to Prometheus when it asks."""
