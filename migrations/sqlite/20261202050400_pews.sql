-- The Brighton score for children (PEWS), locked until the hospital confirms it: points as in the table "The Brighton score" of Arch Dis Child Educ Pract,
-- whose source is Monaghan A. Detecting and managing deterioration in children. Paediatr Nurs 2005;17(1):32-35. Bands and times are our own.
ALTER TABLE assessment_tools ADD COLUMN to_age INTEGER CONSTRAINT assessment_tools_ages CHECK (to_age > from_age);
INSERT INTO assessment_tools (id, code, version, name, source, owner, from_age, to_age) VALUES
    (x'02ff349d4f874aa39c2b9d9f2ae75e2e', 'pews', 1, 'Brighton Paediatric Early Warning Score', 'Monaghan A. Paediatr Nurs 2005;17(1):32-35; bands and times are the hospital''s own',
        'Brighton and Sussex University Hospitals NHS Trust; the hospital checks it against the paper and its own ranges', 0, 16);
INSERT INTO assessment_items (id, tool_id, nth, name_en, name_es) VALUES
    (x'e7158a8021f64544a06c85afbaec4ef7', x'02ff349d4f874aa39c2b9d9f2ae75e2e', 1, 'Behaviour', 'Comportamiento'),
    (x'3c7ba9e38be9494dbc95ad20819ed6b6', x'02ff349d4f874aa39c2b9d9f2ae75e2e', 2, 'Heart and circulation', 'Corazón y circulación'),
    (x'8eca7365796540fe8d317c68022dd18d', x'02ff349d4f874aa39c2b9d9f2ae75e2e', 3, 'Breathing', 'Respiración'),
    (x'a71dba4955524a899ab4fcb8093f36eb', x'02ff349d4f874aa39c2b9d9f2ae75e2e', 4, 'Nebuliser every quarter of an hour, or lasting vomiting after surgery', 'Nebulización cada cuarto de hora, o vómitos persistentes tras cirugía');
INSERT INTO assessment_choices (id, item_id, nth, points, name_en, name_es) VALUES
    (x'8fde5639132a49cfa7cd95a026af91d1', x'e7158a8021f64544a06c85afbaec4ef7', 1, 0, 'Playing, or as usual', 'Juega, o como siempre'),
    (x'4f7b56bf55724a8aafa2d07c1121a14d', x'e7158a8021f64544a06c85afbaec4ef7', 2, 1, 'Asleep', 'Duerme'),
    (x'7f8eb3335f064fe2ac84eb6aaa32241c', x'e7158a8021f64544a06c85afbaec4ef7', 3, 2, 'Irritable', 'Irritable'),
    (x'ad1885a3713040c4b974497269842a22', x'e7158a8021f64544a06c85afbaec4ef7', 4, 3, 'Lethargic or confused, or reacts less to pain', 'Letárgico o confuso, o responde menos al dolor'),
    (x'1cfac13b6d1e46f08a35dec1881f60dc', x'3c7ba9e38be9494dbc95ad20819ed6b6', 1, 0, 'Pink, or capillary refill 1 to 2 s', 'Rosado, o relleno capilar de 1 a 2 s'),
    (x'a4726041ac374eed8bca49d9622de24c', x'3c7ba9e38be9494dbc95ad20819ed6b6', 2, 1, 'Pale, or capillary refill 3 s', 'Pálido, o relleno capilar de 3 s'),
    (x'607fa71722a44c6f98d12f2491df3dbe', x'3c7ba9e38be9494dbc95ad20819ed6b6', 3, 2, 'Grey, capillary refill 4 s, or pulse 20 above the usual', 'Gris, relleno capilar de 4 s, o pulso 20 sobre lo habitual'),
    (x'334cf5f959444da7ac8d3f9a794085f1', x'3c7ba9e38be9494dbc95ad20819ed6b6', 4, 3, 'Grey and mottled, capillary refill 5 s or more, pulse 30 above the usual, or slow pulse', 'Gris y moteado, relleno capilar de 5 s o más, pulso 30 sobre lo habitual, o pulso lento'),
    (x'790f143c783e48c58938600d475df378', x'8eca7365796540fe8d317c68022dd18d', 1, 0, 'As usual, no recession and no tracheal tug', 'Como siempre, sin tiraje'),
    (x'5457f3f26d834382b3c94512f1caee9b', x'8eca7365796540fe8d317c68022dd18d', 2, 1, 'More than 10 above the usual, accessory muscles, or 30 % oxygen and more', 'Más de 10 sobre lo habitual, músculos accesorios, u oxígeno al 30 % o más'),
    (x'196e5ce014244f98b2f8068d3830ab6e', x'8eca7365796540fe8d317c68022dd18d', 3, 2, 'More than 20 above the usual, recession or tracheal tug, or 40 % oxygen and more', 'Más de 20 sobre lo habitual, tiraje, u oxígeno al 40 % o más'),
    (x'44bbd73346c74355b753148bdb0f4e74', x'8eca7365796540fe8d317c68022dd18d', 4, 3, '5 below the usual with recession or tracheal tug, grunting, or 50 % oxygen', '5 bajo lo habitual con tiraje, quejido, u oxígeno al 50 %'),
    (x'9a7bbd4e61f34bb39ac31b486deb0cdb', x'a71dba4955524a899ab4fcb8093f36eb', 1, 0, 'No', 'No'),
    (x'c6365aed472549bdb5f9e1e4ccab2da5', x'a71dba4955524a899ab4fcb8093f36eb', 2, 2, 'Yes', 'Sí');
INSERT INTO assessment_bands (id, tool_id, low, high, risk, again_hours) VALUES
    (x'32833106536e45df80b2d002cc92d33d', x'02ff349d4f874aa39c2b9d9f2ae75e2e', 0, 2, 'low', 4),
    (x'f08db22fd293456ab170fab23d90fbac', x'02ff349d4f874aa39c2b9d9f2ae75e2e', 3, 3, 'medium', 1),
    (x'f3faa8e879ea47238ad5cfbc1d74bd1c', x'02ff349d4f874aa39c2b9d9f2ae75e2e', 4, 4, 'high', 1),
    (x'3ce1268c9c8042e3bfec3fee8ed2305d', x'02ff349d4f874aa39c2b9d9f2ae75e2e', 5, 11, 'severe', 1);
