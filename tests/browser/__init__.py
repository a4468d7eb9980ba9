"""Tests that open the notebooks in a real JupyterLab in a real browser, and press what a reader presses."""
