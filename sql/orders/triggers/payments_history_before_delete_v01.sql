CREATE TRIGGER pharmacy_history.payments_history_before_delete
BEFORE DELETE ON pharmacy_history.payments_history
FOR EACH ROW
CALL _raise(30010, 'payments_history is history: its rows cannot be deleted');
