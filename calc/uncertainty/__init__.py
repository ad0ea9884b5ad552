"""How far the answer can be trusted: tornado, simulation, break-even, and the decision."""

from calc.uncertainty.decision import Decision, break_even, decide
from calc.uncertainty.inputs import UncertainInput, uncertain_inputs
from calc.uncertainty.model import Against, Model, Outcome, build_model
from calc.uncertainty.montecarlo import Simulation, simulate
from calc.uncertainty.tornado import tornado

__all__ = [
    "Against",
    "Decision",
    "Model",
    "Outcome",
    "Simulation",
    "UncertainInput",
    "break_even",
    "build_model",
    "decide",
    "simulate",
    "tornado",
    "uncertain_inputs",
]
