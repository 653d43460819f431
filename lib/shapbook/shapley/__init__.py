"""Cooperative games and their Shapley values: exact, sampled, and for a model's features.

A *game* gives every *coalition* of *players* a value. Coalitions are rows of booleans, so a game of three
players takes an array of shape (n_coalitions, 3) and returns (n_coalitions,) values, or (n_coalitions,
n_outputs).
"""

from shapbook.shapley.axioms import (
    additivity_violation,
    consistency_violation,
    efficiency_violation,
    local_accuracy_violation,
    missingness_violation,
    null_player_violation,
    symmetry_violation,
)
from shapbook.shapley.exact import coalition_values, exact_values, exact_values_by_orderings
from shapbook.shapley.games import Game, all_coalitions, grouped_game, marginal_contributions, table_game
from shapbook.shapley.named import (
    additive_game,
    airport_game,
    glove_game,
    security_council_game,
    unanimity_game,
    voting_game,
)
from shapbook.shapley.neighbours import neighbour_game
from shapbook.shapley.sampling import Estimate, Method, draw_orderings, sample_values
from shapbook.shapley.value_functions import baseline_game, conditional_game, interventional_game

__all__ = [
    "Estimate",
    "Game",
    "Method",
    "additive_game",
    "additivity_violation",
    "airport_game",
    "all_coalitions",
    "baseline_game",
    "coalition_values",
    "conditional_game",
    "consistency_violation",
    "draw_orderings",
    "efficiency_violation",
    "exact_values",
    "exact_values_by_orderings",
    "glove_game",
    "grouped_game",
    "interventional_game",
    "local_accuracy_violation",
    "marginal_contributions",
    "missingness_violation",
    "neighbour_game",
    "null_player_violation",
    "sample_values",
    "security_council_game",
    "symmetry_violation",
    "table_game",
    "unanimity_game",
    "voting_game",
]
