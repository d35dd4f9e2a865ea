from loan_training.cli import main

main()
