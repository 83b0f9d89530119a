CREATE TRIGGER pharmacy_history.deliveries_history_before_update
BEFORE UPDATE ON pharmacy_history.deliveries_history
FOR EACH ROW
CALL _raise(30010, 'deliveries_history is history: its rows cannot be changed');
