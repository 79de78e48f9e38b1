class BaseMaker:
    """Saves rows through the test's session. Each package adds its makers in a class of its own."""

    def __init__(self, session):
        self.session = session
        self._count = 0

    def next_number(self):
        self._count += 1
        return self._count

    def save(self, row):
        self.session.add(row)
        self.session.flush()
        return row
