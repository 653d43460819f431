"""Helpers of the book *SHAP Values: Origins and Applications*.

Each module has one subject; import the one you need, for instance `from shapbook import datasets`.
"""
