"""What tests share and pytest needn't know of: one module for each thing that they make, run or check."""
