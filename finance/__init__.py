"""Finance: what is owed becomes what is paid, and every residual is zero or named.

So far it prints the residuals of a period (`flask finance close PERIOD --check`); statements,
payments and bank matching build on this.
"""
