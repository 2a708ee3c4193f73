"""Data sets, experiments and plots: the study of depth and width, with the extra `study`."""
