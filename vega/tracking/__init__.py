"""Training's figures in TensorBoard, W&B and MLflow: one process beside training reads its log and feeds them all."""
