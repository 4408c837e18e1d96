# Every verb is `python3 dev.py VERB`; see `make help`. Options: make test ARGS='-k batch', make shots OUT=folder.
PYTHON ?= python3
VERBS := help setup run test check arrows format shots lock clean

.PHONY: $(VERBS)
help:
test: ARGS += $(if $(SEEDS),--seeds $(SEEDS)) $(if $(FROM),--from $(FROM)) $(if $(ROUNDS),--rounds $(ROUNDS))
shots: ARGS += $(OUT)
$(VERBS):
	@$(PYTHON) dev.py $@ $(ARGS)
