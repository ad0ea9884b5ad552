"""Baseline and target cash flows: hardware, maintenance, energy, space, licences, migration."""
