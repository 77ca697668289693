"""What pretrained backbones do to fine-tuning: files of weights beside each other and scratch."""
