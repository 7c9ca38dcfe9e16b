"""Figures in text: numbers, money, percentages, durations, dates, times, telephone numbers."""
