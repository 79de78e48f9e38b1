# Aliases of ./dev, for fingers that type make. What each does: ./dev
TASKS := run test check fix docs bench migration shell seed reset flask vectors
.PHONY: help $(TASKS)
help:
	@./dev
$(TASKS):
	@./dev $@ $(ARGS)
