Pokud zde není nalezen, zobrazí se chybová zpráva.
Další nastavení spojená s typem odkazované oblasti.
Možné je označit pouze obdélníkovou oblast buněk.
Zobrazuje označenou oblast buněk.
Vrací aktuální systémové datum počítače.
Výpočty s údaji času a kalendářních dat
Otevře se dialogové okno Import textu.
Zvolte Soubor - Uložit jako.
Vyberte Upravit nastavení filtru.
Označte soubor a klepněte na Otevřít.
Zobrazí se dialogové okno Import textu.
Zadejte název a klepněte na Uložit.
Vyberte obrázek, který si přejete vložit.
Klepnutím na Otevřít obrázek vložíte.
Vyberte velikost pro vizitky.
Změní zdrojový soubor vybraného odkazu.
Smazat mezery a tabulátory na začátku a na konci odstavce
Odstraní mezery a tabulátory na začátku a na konci odstavce.
Odstraní mezery a tabulátory na začátku a konci každého řádku.
Ignorovat dvojité mezery
Nahradí dvě a více po sobě jdoucích mezer jedinou mezerou.
Odstranit prázdné odstavce
Nahradit odrážky za
Sloučí po sobě jdoucí jednořádkové odstavce do jediného odstavce.
Upraví vybranou možnost automatické opravy.
Zobrazí datové vazby vybraného ovládacího prvku.
Speciální tipy pro datumové pole
Vypíše všechny ovládací prvky ve formuláři.
Během převodu bude v dialogovém okně zobrazen jeho průběh.
Pro uskutečnění převodu klepněte na tlačítko Převést.
Buňky z celého sešitu, které mají formát měny
Kopírování textu pomocí přetažení
Vytvoření nového dotazu pomocí průvodce
Vytvoření nového dotazu v režimu návrhu
Klepněte na Vytvořit nový dotaz v režimu návrhu.
Otevřete formulářový dokument, který obsahuje databázová pole.
Zadejte podmínky filtru do jednoho či více polí.
Otevření existujícího dokumentu
Vyberte soubor, který chcete otevřít, a klepněte na Otevřít.
Omezení zobrazených souborů
Otevření prázdného dokumentu
Tím otevřete nový dokument určeného typu.
Na kartě Zobrazit zvolte Velikost ikon.
Objekty kresby lze později upravovat a měnit.
Kolem objektu se zobrazí osm úchytů.
Informace o jednotlivých ikonách
Vložení obsahu ve speciálních formátech
Následující možnosti závisejí na obsahu schránky.
Vložení obsahu schránky pomocí nabídky ikony
Vyberte jednu z možností.
Vložení obsahu schránky pomocí dialogu
Odkaz: Vloží oblast buněk jako odkaz.
Pokud se změní zdrojový soubor, změní se také vložené buňky.
Pro přiřazení skriptu k nové položce nabídky
Zvolte Nástroje - Přizpůsobit a klepněte na kartu Nabídky.
Po otevření skriptovacího jazyka se zobrazí dostupné skripty.
Klepnutím na Přidat přiřadíte funkci k nabídce.
Nová položka nabídky se objeví v seznamu Položky.
Pro přiřazení skriptu ke klávesové zkratce
Zvolte Nástroje - Přizpůsobit - Klávesnice.
Pro přiřazení skriptu události
Zvolte Nástroje - Přizpůsobit - Události.
Klepněte na tlačítko Makro.
Vyberte událost ze seznamu a klepněte na OK.
Umístěte kurzor do hypertextového odkazu.
Zvolte Vložit - Hypertextový odkaz.
Klepněte na tlačítko Události.
Pro přiřazení skriptu obrázku
Pro přiřazení skriptu ovládacímu prvku formuláře
Klepněte na kartu Události dialogového okna Vlastnosti.
Klepněte pravým tlačítkem myši na ovládací prvek a zvolte Vlastnosti.
Odebere z tabulky označený sloupec či sloupce.
Soubor - Exportovat
Ke spojení segmentů lze použít tři druhy přechodů:
Změna jedné strany se neprojeví na druhé straně.
Jak používat nástroj Křivka
Křivka se mění podle ukazatele.
Pohybem myší nakreslíte další segment.
Jak používat Čáry od ruky
Okno Výběr je rozděleno na dvě části.
Zobrazí další matematické symboly.
Přidání nového symbolu
Změna názvu symbolu
Vytvoření nové sady symbolů
Je zobrazen aktuální styl písma.
Název nelze použít více než jednou.
Odstranění nemusíte potvrdit.
Zadejte vzorec do vašeho textu
Vložení vzorce použitím okna
Zahrne do rejstříku tabulky.
Úroveň zdrojové kapitoly
Určení položky rejstříku
Formát - Ukotvení
Zobrazuje informace o aktuálním dokumentu.
Odebrání slov z uživatelského slovníku
Uchovávání informací v seznamu použité literatury
Zvolte Nástroje - Seznam použité literatury.
Uchovávání bibliografických informací v dokumentu
Vkládání položek použité literatury ze seznamu použité literatury
Vyberte Ze seznamu literatury.
