"""What MLflow keeps: runs, versions and aliases, and the gate that decides which version becomes champion."""
