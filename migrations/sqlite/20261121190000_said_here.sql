-- When the patient said in the portal "I am here". The desk still checks in.
ALTER TABLE appointments ADD COLUMN here_at TEXT;
