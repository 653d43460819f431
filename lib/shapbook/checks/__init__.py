"""Checks of the book's exercises: one module a page, one function an exercise.

A check takes what the learner made, and answers in words; it never raises.
A page imports the module of its own exercises, `from shapbook.checks import uncertainty as checks`.
"""
