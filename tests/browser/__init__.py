"""Tests that open the notebooks in a real JupyterLab, Jupyter Notebook and Voila, and press what a reader presses."""
