# Every verb is `python3 dev.py VERB`; see `make help`. Options: make test ARGS='-k batch', make shots OUT=folder.
PYTHON ?= python3
VERBS := help setup run test check simulate mutants failures fuzz packaging bench arrows format shots lock clean

.PHONY: $(VERBS)
help:
test check simulate failures: more = $(foreach name,seeds=$(SEEDS) from=$(FROM) rounds=$(ROUNDS),$(if $(filter-out %=,$(name)),--$(name)))
shots: more = $(OUT)
$(VERBS):
	@$(PYTHON) dev.py $@ $(strip $(more) $(ARGS))
