"""The nouns and their arithmetic. No I/O, no clock, no configuration.

Signs, written once: contracts are positive when long; cash is positive when received. Prices are per unit of
underlying, profit and loss in account currency, volatility a decimal per year, time in years (ACT/365).
"""
