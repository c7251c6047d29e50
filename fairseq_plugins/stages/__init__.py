"""The stages that run fairseq, a file each; `vega.stages` names them."""
