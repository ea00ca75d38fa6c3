"""The painters of the built-in sample and the canvas they paint on: one module for each kind of subject."""
