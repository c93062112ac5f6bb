"""Stands in for the object library: something to patch."""

TRUTH = "whole"
